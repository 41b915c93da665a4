// Generated from the migrations by `npm run generate`; a test holds them together.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      checkout_sessions: {
        Row: {
          amount_total: number | null;
          as_of: string;
          created_at: string;
          currency: string | null;
          customer_email: string | null;
          customer_id: string | null;
          deleted: boolean;
          expires_at: string;
          fetched: boolean;
          id: string;
          invoice_id: string | null;
          mode: string;
          organization_id: string | null;
          outcome: "open" | "processing" | "complete" | "failed" | "expired";
          payment_failed: boolean;
          payment_intent_id: string | null;
          payment_status: string;
          price_id: string | null;
          rank: number;
          status: string;
          subscription_id: string | null;
          user_id: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      customers: {
        Row: {
          as_of: string;
          created_at: string | null;
          default_payment_method_id: string | null;
          deleted: boolean;
          email: string | null;
          fetched: boolean;
          id: string;
          name: string | null;
          named_user_id: string | null;
          organization_id: string | null;
          owned_by: "metadata" | "email" | "purchase" | "operator" | null;
          rank: number;
          user_id: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      entitlements: {
        Row: {
          as_of: string;
          customer_id: string;
          deleted: boolean;
          fetched: boolean;
          id: string;
          lookup_keys: string[];
          rank: number;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      payment_methods: {
        Row: {
          as_of: string;
          brand: string | null;
          created_at: string;
          customer_id: string | null;
          deleted: boolean;
          exp_month: number | null;
          exp_year: number | null;
          fetched: boolean;
          id: string;
          last4: string | null;
          rank: number;
          type: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      prices: {
        Row: {
          active: boolean;
          as_of: string;
          created_at: string;
          currency: string;
          currency_options: {
            [currency: string]: {
              unit_amount: number | null;
              unit_amount_decimal: string | null;
              tax_behavior: string | null;
            };
          };
          deleted: boolean;
          fetched: boolean;
          id: string;
          lookup_key: string | null;
          metadata: Json;
          nickname: string | null;
          product_id: string;
          rank: number;
          recurring_interval: string | null;
          recurring_interval_count: number | null;
          tax_behavior: string | null;
          transform_quantity: { divide_by: number; round: string } | null;
          trial_period_days: number | null;
          type: string;
          unit_amount: number | null;
          unit_amount_decimal: string | null;
          usage_type: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      products: {
        Row: {
          active: boolean;
          as_of: string;
          created_at: string;
          default_price_id: string | null;
          deleted: boolean;
          description: string | null;
          fetched: boolean;
          id: string;
          images: string[];
          marketing_features: string[];
          metadata: Json;
          name: string;
          rank: number;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      subscription_schedules: {
        Row: {
          as_of: string;
          canceled_at: string | null;
          completed_at: string | null;
          created_at: string;
          current_phase_end: string | null;
          current_phase_start: string | null;
          customer_id: string | null;
          deleted: boolean;
          end_behavior: string;
          fetched: boolean;
          id: string;
          metadata: Json;
          phases: {
            start_date: string;
            end_date: string;
            items: { price_id: string | null; quantity: number | null }[];
          }[];
          rank: number;
          released_at: string | null;
          status: string;
          subscription_id: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      user_subscriptions: {
        Row: {
          as_of: string;
          cancel_at: string | null;
          cancel_at_period_end: boolean;
          canceled_at: string | null;
          created_at: string;
          currency: string;
          current_period_end: string | null;
          current_period_start: string | null;
          customer_id: string;
          deleted: boolean;
          ended_at: string | null;
          ends_at: string | null;
          fetched: boolean;
          grants_access: boolean;
          id: string;
          is_live: boolean;
          items: {
            id: string;
            price_id: string;
            product_id: string;
            quantity: number | null;
            current_period_start: string | null;
            current_period_end: string | null;
          }[];
          latest_invoice_id: string | null;
          metadata: Json;
          paused: boolean;
          pending_update: { expires_at: string; items: { price_id: string; quantity: number | null }[] } | null;
          price_id: string | null;
          product_id: string | null;
          quantity: number | null;
          rank: number;
          status: string;
          trial_end: string | null;
          trial_start: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
    };
    Views: {
      payment_history: {
        Row: {
          amount: number | null;
          amount_paid: number | null;
          amount_refunded: number | null;
          attempt_count: number | null;
          checkout_session_id: string | null;
          created_at: string | null;
          currency: string | null;
          customer_id: string | null;
          description: string | null;
          dispute_status: string | null;
          due_date: string | null;
          failure_reason: string | null;
          hosted_invoice_url: string | null;
          id: string | null;
          invoice_id: string | null;
          invoice_number: string | null;
          invoice_pdf: string | null;
          next_payment_attempt: string | null;
          other_products: number | null;
          payment_intent_id: string | null;
          product_id: string | null;
          receipt_url: string | null;
          status:
            | "paid"
            | "void"
            | "uncollectible"
            | "open"
            | "overdue"
            | "partially_paid"
            | "processing"
            | "action_required"
            | "failed"
            | "held"
            | "canceled"
            | "refunded"
            | "partially_refunded"
            | "disputed"
            | "expired"
            | null;
          subscription_id: string | null;
        };
        Relationships: [];
      };
      upcoming_changes: {
        Row: {
          at: string | null;
          customer_id: string | null;
          items: { price_id: string; quantity: number | null }[] | null;
          kind: string | null;
          price_id: string | null;
          quantity: number | null;
          subscription_id: string | null;
        };
        Relationships: [];
      };
    };
    Functions: {
      advance_reconcile_cursor: {
        Args: {
          listing: string;
          listed_from: string;
          listed_until: string;
          place?: string;
          place_at?: string;
          seen_until?: string;
          seen_place?: string;
        };
        Returns: boolean;
      };
      advance_sweep: {
        Args: { run_id: number; object: string; after: string };
        Returns: undefined;
      };
      advance_sync_range: {
        Args: {
          range_id: number;
          token: string;
          after: string;
          reached: string;
          read: number;
          customers: string[];
          failures: Json;
          ended: boolean;
          wanted: number;
        };
        Returns: { created_from: string }[];
      };
      apply_owners: {
        Args: { claims: Json; owned_by: string };
        Returns: {
          customer_id: string;
          user_id: string;
          organization_id: string;
          outcome: string;
          reason: string;
          owner: string;
        }[];
      };
      apply_stripe_changes: {
        Args: { changes: Json; key_hash: string; one_at_a_time: boolean };
        Returns: { event_id: string; outcome: string; reason: string }[];
      };
      assign_purchase: {
        Args: { object_id: string; user_id?: string; organization_id?: string };
        Returns: boolean;
      };
      begin_sale: {
        Args: { payer: string; token: string };
        Returns: boolean;
      };
      begin_sync_run: {
        Args: { purpose: string; started_at: string; requested_by: string; kinds: Json };
        Returns: { id: number; begun: boolean }[];
      };
      claim_purchase: {
        Args: { session_id: string; user_id: string };
        Returns: undefined;
      };
      compare_rows: {
        Args: { changes: Json };
        Returns: { objects: number; stripe_digest: string; mirror_digest: string; differing: Json }[];
      };
      count_drift: {
        Args: Record<PropertyKey, never>;
        Returns: { object: string; kind: string; columns: string[]; drifted: number }[];
      };
      count_unowned_purchases: {
        Args: Record<PropertyKey, never>;
        Returns: number;
      };
      delete_account: {
        Args: Record<PropertyKey, never>;
        Returns: undefined;
      };
      end_sale: {
        Args: { payer: string; token: string };
        Returns: undefined;
      };
      explain_claims: {
        Args: { shown: Json };
        Returns: {
          subject: string;
          owned_by: string;
          user_id: string;
          organization_id: string;
          stands: boolean;
          says_key: string;
          says_value: string;
          says_deleted: boolean;
        }[];
      };
      find_buyer: {
        Args: { user_id: string };
        Returns: { email: string; email_confirmed: boolean }[];
      };
      find_customers: {
        Args: { user_id?: string; organization_id?: string };
        Returns: { id: string; is_owned: boolean; is_live: boolean }[];
      };
      find_deleted_customers: {
        Args: { user_id?: string; organization_id?: string };
        Returns: string[];
      };
      find_impossible: {
        Args: Record<PropertyKey, never>;
        Returns: { rule: string; event_id: string; object_id: string }[];
      };
      find_ledger_entries: {
        Args: { object_ids: string[]; most: number };
        Returns: {
          id: string;
          type: string;
          object_id: string;
          created_at: string;
          recorded_at: string;
          outcome: string;
          reason: string;
        }[];
      };
      find_missing_stripe_events: {
        Args: { event_ids: string[] };
        Returns: string[];
      };
      find_notices: {
        Args: { object_ids: string[]; most: number };
        Returns: {
          kind: string;
          object_id: string;
          created_at: string;
          sent_at: string;
          attempts: number;
          last_error: string;
        }[];
      };
      find_owner: {
        Args: { object_id: string };
        Returns: { user_id: string; organization_id: string }[];
      };
      find_payer: {
        Args: { reference: string };
        Returns: {
          user_id: string;
          email: string;
          organization_id: string;
          is_gone: boolean;
          has_access: boolean;
          customer_ids: string[];
          session_ids: string[];
        }[];
      };
      find_rival_subscriptions: {
        Args: { subscription_id: string };
        Returns: { id: string; status: string; ends_at: string; metadata: Json; product_ids: string[] }[];
      };
      find_seats: {
        Args: { subscription_group: string; user_id?: string; organization_id?: string };
        Returns: number;
      };
      find_stripe_events: {
        Args: { event_ids: string[] };
        Returns: {
          id: string;
          type: string;
          object_id: string;
          created_at: string;
          api_version: string;
          outcome: string;
          reason: string;
          recorded_at: string;
        }[];
      };
      find_unread_customers: {
        Args: { user_id?: string; organization_id?: string };
        Returns: { may_be_unread: boolean; metadata_keys: string[]; promised: string[] }[];
      };
      finish_sweep: {
        Args: { run_id: number };
        Returns: undefined;
      };
      forbid_sync_range: {
        Args: { range_id: number; token: string };
        Returns: undefined;
      };
      get_completeness: {
        Args: Record<PropertyKey, never>;
        Returns: {
          object: string;
          complete_as_of: string;
          objects: number;
          differing: number;
          compared_as_of: string;
          compared: number;
          equal: number;
          last_error: string;
          unread: boolean;
        }[];
      };
      get_reconcile_cursors: {
        Args: Record<PropertyKey, never>;
        Returns: Database["billing"]["Tables"]["reconcile_cursor"]["Row"][];
      };
      get_stripe_account: {
        Args: Record<PropertyKey, never>;
        Returns: { id: string; livemode: boolean; refused_events: number }[];
      };
      get_sync_failures: {
        Args: { purpose: string; most: number };
        Returns: { object: string; object_id: string; reason: string }[];
      };
      get_sync_progress: {
        Args: { purpose: string };
        Returns: {
          run_id: number;
          started_at: string;
          finished_at: string;
          requested_by: string;
          is_read: boolean;
          object: string;
          ranges_open: number;
          ranges_done: number;
          read: number;
          failed: number;
          last_error: string;
        }[];
      };
      give_up_notices: {
        Args: Record<PropertyKey, never>;
        Returns: number;
      };
      has_active_subscription: {
        Args: Record<PropertyKey, never>;
        Returns: boolean;
      };
      has_feature: {
        Args: { key: string };
        Returns: boolean;
      };
      hold_sync_run: {
        Args: { run_id: number; token: string; seconds: number; key_hash: string };
        Returns: boolean;
      };
      inspect_schema: {
        Args: Record<PropertyKey, never>;
        Returns: Json;
      };
      inspect_state: {
        Args: Record<PropertyKey, never>;
        Returns: Json;
      };
      introduce_stripe_key: {
        Args: { key_hash: string; account_id: string; livemode: boolean };
        Returns: boolean;
      };
      is_owned_customer: {
        Args: { customer_id: string };
        Returns: boolean;
      };
      is_swept: {
        Args: { run_id: number };
        Returns: boolean;
      };
      is_unowned_purchase: {
        Args: { object_id: string };
        Returns: boolean;
      };
      list_drift: {
        Args: { object: string; most: number };
        Returns: { object_id: string; kind: string; columns: string[]; found_at: string; total: number }[];
      };
      list_mirrored_ids: {
        Args: { object: string; after: string; most: number };
        Returns: string[];
      };
      list_owners_by_email: {
        Args: { after: string; most: number };
        Returns: { customer_id: string; users: string[]; organizations: string[] }[];
      };
      list_owners_in_table: {
        Args: {
          source: string;
          customer_column: string;
          user_column: string;
          organization_column: string;
          after: string;
          most: number;
        };
        Returns: { customer_id: string; users: string[]; organizations: string[] }[];
      };
      list_stripe_events: {
        Args: { after_moment: string; after_id: string; types: string[]; most: number };
        Returns: {
          id: string;
          type: string;
          object_id: string;
          created_at: string;
          api_version: string;
          outcome: string;
          reason: string;
          recorded_at: string;
        }[];
      };
      list_unowned_purchases: {
        Args: { most: number };
        Returns: { id: string; kind: string; customer_id: string; email: string; created_at: string }[];
      };
      list_unseen_rows: {
        Args: { run_id: number; most: number; key_hash: string };
        Returns: { object: string; object_id: string; row: Json }[];
      };
      manages_billing: {
        Args: { user_id: string; organization_id: string };
        Returns: boolean;
      };
      mirror_is_complete: {
        Args: { kinds?: string[] };
        Returns: boolean;
      };
      note_comparison: {
        Args: {
          range_id: number;
          place: string;
          objects: number;
          differing: number;
          stripe_digest: string;
          mirror_digest: string;
        };
        Returns: undefined;
      };
      organization_has_active_subscription: {
        Args: { organization_id: string };
        Returns: boolean;
      };
      organization_has_feature: {
        Args: { organization_id: string; key: string };
        Returns: boolean;
      };
      owner_keys: {
        Args: Record<PropertyKey, never>;
        Returns: string[];
      };
      plan_owners: {
        Args: { claims: Json; owned_by: string };
        Returns: {
          customer_id: string;
          user_id: string;
          organization_id: string;
          outcome: string;
          reason: string;
          owner: string;
        }[];
      };
      recheck_seats: {
        Args: { payer: string };
        Returns: undefined;
      };
      record_drift: {
        Args: { found: Json };
        Returns: undefined;
      };
      release_sync_range: {
        Args: { range_id: number; token: string; error: string };
        Returns: undefined;
      };
      release_sync_run: {
        Args: { run_id: number; token: string };
        Returns: undefined;
      };
      report_double_subscriptions: {
        Args: { subscription_id: string };
        Returns: undefined;
      };
      report_orphaned_subscriptions: {
        Args: { customer_id: string };
        Returns: undefined;
      };
      rewind_sync_range: {
        Args: { range_id: number; token: string };
        Returns: string;
      };
      set_seats: {
        Args: { kind: string; id: string; seats: number; subscription_group?: string };
        Returns: undefined;
      };
      settle_notices: {
        Args: { ids: number[]; errors: string[] };
        Returns: undefined;
      };
      settle_seats: {
        Args: {
          payer: string;
          subscription_group: string;
          version: number;
          changed: boolean;
          problem?: string;
          to_tell?: boolean;
          waits?: boolean;
        };
        Returns: undefined;
      };
      show_beside_mirror: {
        Args: { shown: Json; owners: string[] };
        Returns: Json;
      };
      take_notices: {
        Args: { most: number };
        Returns: { id: number; kind: string; object_id: string; attempts: number }[];
      };
      take_seats: {
        Args: { most: number };
        Returns: { payer: string; subscription_group: string; wanted: number; version: number }[];
      };
      take_sync_ranges: {
        Args: { run_id: number; token: string; most: number; most_by_customer: number };
        Returns: {
          id: number;
          object: string;
          created_from: string;
          created_to: string;
          customers: string[];
          after: string;
          reached: string;
        }[];
      };
      user_exists: {
        Args: { user_id: string };
        Returns: boolean;
      };
      user_has_active_subscription: {
        Args: { user_id: string };
        Returns: boolean;
      };
      user_has_feature: {
        Args: { user_id: string; key: string };
        Returns: boolean;
      };
    };
    Enums: Record<never, never>;
    CompositeTypes: Record<never, never>;
  };
  billing: {
    Tables: {
      charges: {
        Row: {
          amount: number;
          amount_captured: number;
          amount_refunded: number;
          as_of: string;
          created_at: string;
          currency: string;
          customer_id: string | null;
          deleted: boolean;
          failure_code: string | null;
          failure_message: string | null;
          fetched: boolean;
          id: string;
          invoice_id: string | null;
          payment_intent_id: string | null;
          rank: number;
          receipt_url: string | null;
          status: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      compared_pages: {
        Row: {
          differing: number;
          mirror_digest: string;
          objects: number;
          place: string;
          range_id: number;
          stripe_digest: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      completeness: {
        Row: {
          compared: number | null;
          compared_as_of: string | null;
          complete_as_of: string;
          differing: number;
          equal: number | null;
          mirror_digest: string | null;
          object: string;
          objects: number;
          stripe_digest: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      credit_notes: {
        Row: {
          amount: number;
          as_of: string;
          created_at: string;
          currency: string;
          customer_id: string | null;
          deleted: boolean;
          fetched: boolean;
          id: string;
          invoice_id: string;
          number: string;
          pdf: string | null;
          post_payment_amount: number;
          pre_payment_amount: number;
          rank: number;
          reason: string | null;
          status: string;
          type: string;
          voided_at: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      disputes: {
        Row: {
          amount: number;
          as_of: string;
          charge_id: string;
          created_at: string;
          currency: string;
          deleted: boolean;
          fetched: boolean;
          id: string;
          payment_intent_id: string | null;
          rank: number;
          reason: string | null;
          status: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      drift: {
        Row: {
          columns: string[];
          counted_at: string | null;
          explained_at: string | null;
          found_at: string;
          id: number;
          kind: "missing" | "extra" | "differs";
          object: string;
          object_id: string;
          read_as_of: string;
          row_as_of: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      early_fraud_warnings: {
        Row: {
          actionable: boolean | null;
          as_of: string;
          charge_id: string;
          created_at: string | null;
          deleted: boolean;
          fetched: boolean;
          fraud_type: string | null;
          id: string;
          payment_intent_id: string | null;
          rank: number;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      given_owners: {
        Row: { organization_id: string | null; owned_by: string | null; subject: string; user_id: string | null };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      impossible: {
        Row: {
          event_id: string;
          found_at: string;
          id: number;
          object_id: string;
          rule: "moment went back" | "came back" | "without a row" | "without an event";
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      invoice_payments: {
        Row: {
          as_of: string;
          charge_id: string | null;
          deleted: boolean;
          fetched: boolean;
          id: string;
          invoice_id: string;
          payment_intent_id: string | null;
          rank: number;
          status: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      invoices: {
        Row: {
          amount_due: number;
          amount_paid: number;
          amount_remaining: number;
          as_of: string;
          attempt_count: number;
          attempted: boolean;
          billing_reason: string | null;
          collection_method: string | null;
          created_at: string;
          currency: string;
          customer_id: string | null;
          deleted: boolean;
          description: string | null;
          due_date: string | null;
          fetched: boolean;
          hosted_invoice_url: string | null;
          id: string;
          invoice_pdf: string | null;
          next_payment_attempt: string | null;
          number: string | null;
          other_products: number;
          payment_intent_id: string | null;
          product_id: string | null;
          rank: number;
          status: string;
          subscription_id: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      last_look: { Row: { only_row: boolean; until: string }; Insert: never; Update: never; Relationships: [] };
      left_payers: { Row: { left_at: string; payer: string }; Insert: never; Update: never; Relationships: [] };
      mirrored: {
        Row: { object: string; position: number; target: string };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      named_users: { Row: { customer_id: string; user_id: string }; Insert: never; Update: never; Relationships: [] };
      outbox: {
        Row: {
          attempts: number;
          created_at: string;
          id: number;
          kind: string;
          last_error: string | null;
          next_attempt_at: string;
          object_id: string;
          sent_at: string | null;
          source_id: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      payment_intents: {
        Row: {
          amount: number;
          amount_received: number;
          as_of: string;
          created_at: string;
          currency: string;
          customer_id: string | null;
          deleted: boolean;
          failure_code: string | null;
          failure_message: string | null;
          fetched: boolean;
          id: string;
          rank: number;
          status: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      promised_owners: {
        Row: { customer_id: string; organization_id: string | null; user_id: string | null };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      reconcile_cursor: {
        Row: {
          listed_from: string | null;
          listed_until: string | null;
          listing: "all" | "undelivered" | "again";
          place: string | null;
          place_at: string | null;
          reconciled_until: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      refunds: {
        Row: {
          amount: number;
          as_of: string;
          charge_id: string | null;
          created_at: string;
          currency: string;
          deleted: boolean;
          failure_reason: string | null;
          fetched: boolean;
          id: string;
          payment_intent_id: string | null;
          rank: number;
          status: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      sales_in_progress: {
        Row: { expires_at: string; payer: string; token: string };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      seats: {
        Row: {
          attempts: number;
          changed_at: string | null;
          due_at: string;
          followed: number;
          leased_until: string;
          payer: string;
          problem: string | null;
          subscription_group: string;
          version: number;
          wanted: number;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      settings: {
        Row: {
          only_row: boolean;
          organization_metadata_keys: string[];
          past_due_grace_days: number | null;
          user_metadata_keys: string[];
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      stripe_account: {
        Row: { id: string; key_hashes: string[]; livemode: boolean; only_row: boolean };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      stripe_events: {
        Row: {
          api_version: string | null;
          created_at: string;
          id: string;
          object_id: string | null;
          outcome: string;
          reason: string | null;
          recorded_at: string;
          type: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      sweeps: {
        Row: { after: string; object: string | null; run_id: number; swept_at: string | null };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      sync_failures: {
        Row: { object: string; object_id: string; reason: string; run_id: number };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      sync_ranges: {
        Row: {
          after: string | null;
          attempts: number;
          by_customer: boolean;
          created_from: string | null;
          created_to: string | null;
          customers: string[] | null;
          done_at: string | null;
          failed: number;
          id: number;
          last_error: string | null;
          not_before: string;
          object: string;
          position: number;
          reached: string | null;
          read: number;
          run_id: number;
          token: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      sync_runs: {
        Row: {
          finished_at: string | null;
          id: number;
          leased_until: string | null;
          purpose: "sync" | "sweep";
          requested_by: string;
          started_at: string;
          token: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
    };
  };
};
